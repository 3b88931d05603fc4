import { failedEndpoint } from "@proxbox/runtime/isolation";
import type { StageItemSpec } from "@proxbox/runtime/stage";
import type { Estate } from "./estates.ts";

/**
 * Lists the items of every endpoint at once and keeps failures apart: what is thrown for one becomes the failed result
 * that speaks for that endpoint alone. Throws only when the stage is stopped.
 */
export async function eachEstate<B>(
  estates: readonly Estate[],
  signal: AbortSignal,
  list: (estate: Estate) => Promise<StageItemSpec<B>[]>,
): Promise<StageItemSpec<B>[]> {
  const listed = await Promise.all(
    estates.map(async (estate): Promise<StageItemSpec<B>[]> => {
      try {
        return await list(estate);
      } catch (thrown) {
        signal.throwIfAborted();
        return [failedEndpoint(estate.endpoint, thrown)];
      }
    }),
  );
  return listed.flat();
}
