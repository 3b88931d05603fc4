// The health check of a container: exit code 0 while the service says that it is ready.
const { PROXBOX_HEALTH_PORT, PORT } = process.env;
const answer = await fetch(`http://127.0.0.1:${PROXBOX_HEALTH_PORT || PORT}/ready`).catch(() => null);
process.exit(answer?.ok ? 0 : 1);
