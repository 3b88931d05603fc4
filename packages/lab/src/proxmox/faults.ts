import type { Call } from "./routes.ts";

/** A request that is answered, but later. */
export type Delay = { delayMs: number };

/** What is done to a request instead of answering it, or before. */
export type Damage =
  | Delay
  | { status: number; message: string; delayMs?: number }
  | "reset"
  | "truncated"
  | "html"
  | "empty";

/** A damage and the calls it happens to: all, or those that `when` picks, at most `times` of them. */
export type Fault = { does: Damage; when?: (call: Call) => boolean; times?: number };

/** Half of the guests cannot be read: those with an odd vmid. */
export const halfReadable: Fault = {
  does: { status: 403, message: "Permission check failed (/vms, VM.Audit)" },
  when: ({ template, params }) => template.endsWith("/config") && Number(params.vmid) % 2 === 1,
};

/** The token is refused. */
export const wrongToken: Fault = { does: { status: 401, message: "invalid token value!" } };

/** A fault of every call to one node, e.g. 595. */
export function nodeFault(node: string, does: Damage): Fault {
  return { does, when: ({ params }) => params.node === node };
}

/** A fault of the calls whose path matches. */
export function pathFault(path: RegExp, does: Damage): Fault {
  return { does, when: (call) => path.test(call.path) };
}

/** The agent of a guest that never answers, until the node gives up after so many milliseconds. */
export function hangingAgent(vmid: number, delayMs: number): Fault {
  const message = `VM ${vmid} qmp command 'guest-network-get-interfaces' failed - got timeout`;
  return {
    does: { status: 500, message, delayMs },
    when: ({ template, params }) => template.includes("/agent/") && params.vmid === `${vmid}`,
  };
}

/** What is on a storage cannot be listed, on any node or on one. */
export function unlistedContent(storage: string, node?: string): Fault {
  return {
    does: { status: 500, message: `storage '${storage}' is not online` },
    when: ({ template, params }) =>
      template.endsWith("/content") && params.storage === storage && (node === undefined || params.node === node),
  };
}

/** The tasks of a node cannot be listed. */
export function unlistedTasks(node: string): Fault {
  return {
    does: { status: 500, message: "unable to read task archive - Input/output error" },
    when: ({ template, params }) => template.endsWith("/tasks") && params.node === node,
  };
}

/** The faults in force, in the order they were added; each call has at most the first that fits it. */
export type Faults = { add(fault: Fault): void; clear(): void; take(call: Call): Damage | null };

/** No faults yet. */
export function createFaults(): Faults {
  let faults: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      faults = [];
    },
    take(call) {
      const found = faults.find(({ fault, left }) => left > 0 && (fault.when?.(call) ?? true));
      if (!found) return null;
      found.left--;
      return found.fault.does;
    },
  };
}

/** Whether a damage is a delay and nothing else. */
export function isDelay(damage: Damage): damage is Delay {
  return typeof damage === "object" && !("status" in damage);
}

/** The answer a damage makes of a good one. */
export function damaged(damage: Exclude<Damage, Delay>, good: () => string): Response {
  if (damage === "reset") {
    // An error without a value closes the connection without a line on stderr (Bun 1.4.5).
    return new Response(new ReadableStream({ start: (controller) => controller.error(undefined) }));
  }
  if (damage === "html") return new Response("<!DOCTYPE html><html><body>Welcome</body></html>");
  if (damage === "empty") return new Response("");
  if (damage === "truncated") return new Response(good().slice(0, -10), { headers: jsonHeaders });
  return refused(damage.status, damage.message);
}

/** A refusal as Proxmox VE 9.2 words it. */
export function refused(status: number, message: string): Response {
  return new Response(JSON.stringify({ data: null, message: `${message}\n` }), { status, headers: jsonHeaders });
}

/** The headers of every good answer. */
export const jsonHeaders = { "content-type": "application/json;charset=UTF-8" };
