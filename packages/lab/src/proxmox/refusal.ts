/** An answer that says no, with the words Proxmox VE uses. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What we may not see. */
export function denied(path: string, privilege: string): Refusal {
  return new Refusal(403, `Permission check failed (${path}, ${privilege})`);
}
