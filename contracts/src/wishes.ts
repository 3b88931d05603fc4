import { type Static, Type } from "@sinclair/typebox";

const closed = { additionalProperties: false };

/**
 * The run that stands for a wish, in PBX_RUN under `wish.<hash>`; and the newest run of a job, under `job.<hash>`.
 * Whoever asks for a run enters it here before it creates it, so that a second one can create it in its place.
 */
export const WishedRun = Type.Object(
  { run: Type.String(), job: Type.Optional(Type.String({ description: "The option `job` of that run." })) },
  { $id: "WishedRun", ...closed },
);
export type WishedRun = Static<typeof WishedRun>;

/** That a run lasts only while somebody wants it, in PBX_RUN under `wanted.<run>`: written again while somebody does. */
export const WantedRun = Type.Object(
  { graceMs: Type.Integer({ minimum: 1, description: "It may go on for so long when nobody does." }) },
  { $id: "WantedRun", ...closed },
);
export type WantedRun = Static<typeof WantedRun>;
