import { truthOf } from "../http/truth.ts";

/**
 * A hook that runs before a path or query is checked: texts that stand for whole numbers or truth values become such.
 * Anything else stays as it is, for the check to refuse.
 */
export function readAs(types: Record<string, "integer" | "boolean">) {
  return ({ params, query }: { params: object; query: object }): void => {
    for (const part of [params, query] as Record<string, unknown>[]) {
      for (const [name, type] of Object.entries(types)) {
        const text = part?.[name];
        if (typeof text !== "string") continue;
        if (type === "boolean") part[name] = truthOf(text) ?? text;
        else if (/^[+-]?\d{1,15}$/.test(text)) part[name] = Number(text);
      }
    }
  };
}
