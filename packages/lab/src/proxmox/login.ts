/** The token and the user that a simulated endpoint knows. */
export const credentials = {
  user: "root@pam",
  password: "lab-password",
  tokenName: "proxbox",
  tokenValue: "00000000-0000-4000-8000-00000000beef",
} as const;

/** Checks who asks, and gives tickets. */
export type Gate = { admits(request: Request): boolean; login(form: URLSearchParams): object | null };

/** A gate that knows `credentials`. */
export function createGate(): Gate {
  const tickets = new Set<string>();
  const token = `PVEAPIToken=${credentials.user}!${credentials.tokenName}=${credentials.tokenValue}`;
  return {
    admits(request) {
      if (request.headers.get("authorization") === token) return true;
      const cookie = /PVEAuthCookie=([^;]+)/.exec(request.headers.get("cookie") ?? "")?.[1];
      return cookie !== undefined && tickets.has(decodeURIComponent(cookie));
    },
    login(form) {
      if (form.get("username") !== credentials.user || form.get("password") !== credentials.password) return null;
      const ticket = `PVE:${credentials.user}:${crypto.randomUUID()}::lab+/=`;
      tickets.add(ticket);
      return { username: credentials.user, ticket, CSRFPreventionToken: "00000000:lab" };
    },
  };
}
