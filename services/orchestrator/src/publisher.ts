import { type Author, encode } from "@proxbox/contracts/envelope";
import { RunEvent, StageCommand, StageEvent, StageResult } from "@proxbox/contracts/messages";
import { domainOf, type StageName } from "@proxbox/contracts/stages";
import {
  commandSubject,
  type RunFact,
  resultSubject,
  runEventSubject,
  runToken,
  type StageFact,
  stageEventSubject,
} from "@proxbox/contracts/subjects";
import type { Bus } from "@proxbox/runtime/bus";
import { envelopeOf } from "@proxbox/runtime/envelopes";

/** One attempt of a stage of a run. */
export type AttemptAddress = { run: string; stage: string; attempt: number };

/** What the orchestrator says. Each is stored once: true when this call stored it, false when it was said before. */
export type Publisher = {
  runFact(run: string, generation: number, fact: RunFact, data?: RunEvent["data"]): Promise<boolean>;
  stageFact(address: AttemptAddress, fact: StageFact, data?: StageEvent["data"]): Promise<boolean>;
  command(address: AttemptAddress & { stage: StageName }, data: StageCommand["data"]): Promise<boolean>;
  result(address: AttemptAddress, data: StageResult["data"]): Promise<boolean>;
};

/** The header of a command that repeats an earlier one: the sequence in PBX_CMD of that one. */
export const replayHeader = "Proxbox-Replay-Of";

/** Creates what publishes in the name of an author. */
export function createPublisher(bus: Bus, by: Author): Publisher {
  return {
    runFact: (run, generation, fact, data = {}) => {
      const subject = runEventSubject(run, generation, fact);
      const place = { run, stage: runToken, attempt: generation };
      return bus.publishOnce(subject, encode(RunEvent, envelopeOf(subject, place, by, data)));
    },
    stageFact: (address, fact, data = {}) => {
      const subject = stageEventSubject(address.run, address.stage, address.attempt, fact);
      return bus.publishOnce(subject, encode(StageEvent, envelopeOf(subject, address, by, data)));
    },
    command: (address, data) => {
      const subject = commandSubject(domainOf(address.stage), address.run, address.stage, address.attempt);
      const headers = data.replayOf === undefined ? {} : { [replayHeader]: String(data.replayOf) };
      return bus.publishOnce(subject, encode(StageCommand, envelopeOf(subject, address, by, data)), { headers });
    },
    result: (address, data) => {
      const subject = resultSubject(address.run, address.stage, address.attempt, data.key);
      return bus.publishOnce(subject, encode(StageResult, envelopeOf(subject, address, by, data)));
    },
  };
}
