import { runKeys } from "@proxbox/contracts/endpoints";
import { cancelSubject } from "@proxbox/contracts/subjects";
import type { Bucket } from "@proxbox/runtime/buckets";
import type { Bus } from "@proxbox/runtime/bus";

/** Makes every worker of a run stop: the flag is what they go by, the word only makes them quicker. */
export async function callOff(bus: Bus, runs: Bucket, run: string): Promise<void> {
  await runs.create(runKeys.cancel(run), new Date().toISOString());
  bus.tell(cancelSubject(run), new Uint8Array());
}

/** Lets a run that was called off work again. */
export async function allowAgain(runs: Bucket, run: string): Promise<void> {
  if (await runs.get(runKeys.cancel(run))) await runs.delete(runKeys.cancel(run));
}
