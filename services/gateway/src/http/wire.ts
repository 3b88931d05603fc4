/** What of a WebSocket (Bun 1.4) is needed to write to it. `send` returns how many bytes it took, or a `wireState`. */
export type Wire = { send(text: string): number; close(code?: number, reason?: string): void };

/** What `send` returns when it took a text but can take no more before `drain`, and when nobody is there any more. */
export const wireState = { full: -1, gone: 0 } as const;
