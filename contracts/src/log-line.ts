import { type Static, Type } from "@sinclair/typebox";

const place = (description: string) => Type.Optional(Type.String({ description }));

/** One logged fact of a service as it stands in PBX_LOG for a day: without secrets, long texts cut. */
export const LogLine = Type.Object(
  {
    time: Type.String({ description: "UTC instant, ISO 8601." }),
    level: Type.Union([Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")]),
    service: Type.String(),
    replica: Type.String(),
    event: Type.String({ description: "Name of the fact, e.g. item.failed." }),
    message: Type.String({ description: "One sentence for a person." }),
    run: place("The run it belongs to."),
    stage: place("The stage it belongs to."),
    item: place("The item of work it happened to."),
    endpoint: place("Id of the Proxmox endpoint it happened to."),
    object: place("What else it happened to, e.g. virtual machine web (vmid 100)."),
    error: place(
      "What was thrown, in lines: sentence, code, object, cause, next step; a stack when nobody foresaw it.",
    ),
  },
  { $id: "LogLine", additionalProperties: false },
);
export type LogLine = Static<typeof LogLine>;
