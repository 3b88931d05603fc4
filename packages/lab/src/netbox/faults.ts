import type { Json } from "./model.ts";

/** Something that goes wrong with a request. */
export type Fault = {
  /** Only requests with this method; any when absent. */
  readonly method?: string;
  /** Only requests whose path below `/api/` starts with this text, or matches. */
  readonly path?: string | RegExp;
  /** How many requests meet it; all when absent. */
  readonly times?: number;
} & (
  | { readonly kind: "status"; readonly status: number; readonly body?: Json }
  /** The connection ends before the request is looked at. */
  | { readonly kind: "reset" }
  /** The request is carried out, then the connection ends. */
  | { readonly kind: "lost-answer" }
  | { readonly kind: "delay"; readonly ms: number }
  /** 200 with a page of HTML, as a proxy's login page. */
  | { readonly kind: "html" }
  /** The answer breaks off in the middle. */
  | { readonly kind: "truncated" }
);

type Armed = { readonly fault: Fault; left: number };

/** The faults in force. */
export type Faults = {
  add(fault: Fault): void;
  clear(): void;
  /** The first fault this request meets, and takes up one of its times. */
  meet(method: string, path: string): Fault | undefined;
};

const applies = (fault: Fault, method: string, path: string): boolean => {
  if (fault.method !== undefined && fault.method !== method) return false;
  if (fault.path === undefined) return true;
  return typeof fault.path === "string" ? path.startsWith(fault.path) : fault.path.test(path);
};

/** No faults, yet. */
export const createFaults = (): Faults => {
  const armed: Armed[] = [];
  return {
    add: (fault) => void armed.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: () => void armed.splice(0),
    meet: (method, path) => {
      const met = armed.find(({ fault, left }) => left > 0 && applies(fault, method, path));
      if (met) met.left -= 1;
      return met?.fault;
    },
  };
};
