// The health check of a container: exit code 0 while the service says that it is ready.
const { SERVICE, PROXBOX_HEALTH_PORT, PORT, PROXBOX_TLS_CERT_FILE } = process.env;
const origin =
  SERVICE !== "gateway"
    ? `http://127.0.0.1:${PROXBOX_HEALTH_PORT}`
    : `${PROXBOX_TLS_CERT_FILE ? "https" : "http"}://127.0.0.1:${PORT}`;
// The certificate is for the name that others call it by.
const tls = { rejectUnauthorized: false };
const answer = await fetch(`${origin}/ready`, { tls }).catch(() => null);
process.exit(answer?.ok ? 0 : 1);
