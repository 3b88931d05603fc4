import type { Bus } from "@proxbox/runtime/bus";
import { notFound, RequestError } from "../../errors.ts";
import { askLive } from "../live-answers.ts";

/**
 * Throws RequestError 404 when NetBox says that it has no such machine: a run of it would be good for nothing, and end well.
 * Where NetBox cannot be asked now, the run itself will tell.
 */
export async function checkMachine(bus: Bus, machine: string, signal: AbortSignal): Promise<void> {
  try {
    await askLive(bus, "netbox-machine", null, { id: machine }, signal);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.answer !== 404) return;
    throw notFound(`NetBox has no virtual machine ${machine} any more; it may have been deleted meanwhile.`);
  }
}
