import { isStage } from "@proxbox/contracts/stages";
import { type AnswerMaker, fullUpdateAnswer, stageAnswer } from "../frames/answers.ts";
import { fullUpdateFrames } from "../frames/full-update-frames.ts";
import { type FrameMaker, stageFrames } from "../frames/stage-frames.ts";
import type { StageOrder } from "./stage-order.ts";
import { fullUpdatePath, type StagePath } from "./stage-paths.ts";

/** How a path speaks of its runs. */
export type Dialect = {
  /** What is the same for all who are told the same about a run in the same words. */
  key(order: StageOrder, run: string): string;
  /** The frames of a stream about a run with this id. */
  frames(order: StageOrder, run: string): FrameMaker;
  /** The one answer when it is over. */
  answer(order: StageOrder): AnswerMaker;
};

/** The dialect of a path. With `tolerant`, a stage that is done and of which single objects failed ends well. */
export function dialectOf(path: StagePath, tolerant: boolean): Dialect {
  const { step } = path;
  const about = ({ request, netboxUrl }: StageOrder) => {
    return { stages: request.stages.filter(isStage), netboxUrl, tolerant };
  };
  const key = ({ netboxUrl }: StageOrder, run: string) => `${run} ${step} ${netboxUrl}`;
  if (path === fullUpdatePath) {
    return {
      key,
      frames: (order, run) => fullUpdateFrames({ ...about(order), run }),
      answer: (order) => fullUpdateAnswer(about(order)),
    };
  }
  return {
    key,
    frames: (order) => stageFrames({ ...about(order), step }),
    answer: (order) => stageAnswer({ ...about(order), step }),
  };
}
