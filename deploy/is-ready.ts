// The health check of a container: exit code 0 while the service says that it is ready.
const { SERVICE, PROXBOX_HEALTH_PORT, PORT } = process.env;
const port = SERVICE === "gateway" ? PORT : PROXBOX_HEALTH_PORT;
const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null);
process.exit(answer?.ok ? 0 : 1);
