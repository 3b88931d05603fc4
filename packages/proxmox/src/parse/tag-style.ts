import { createHash } from "node:crypto";
import { parsePropertyString } from "./property-string.ts";

/** Background colours of tags, six lower-case hex digits, by lower-case tag. */
export type TagColors = ReadonlyMap<string, string>;

/**
 * The colours of `tag-style` in `GET /cluster/options`, which real servers send as a parsed object and old ones as
 * one string: `color-map=db:ff0000:ffffff;web:0f0`. Entries that are no colour are left out; the first of a tag counts.
 */
export function parseTagStyle(style: unknown): TagColors {
  const colors = new Map<string, string>();
  for (const entry of colorMapOf(style).split(";")) {
    const [tag = "", background = ""] = entry.trim().split(":");
    const color = sixDigits(background.trim());
    const name = tag.trim().toLowerCase();
    if (name && color && !colors.has(name)) colors.set(name, color);
  }
  return colors;
}

/** The colour of a tag: the cluster's own, else one derived from the name, the same in every run. */
export function tagColor(tag: string, colors: TagColors): string {
  return colors.get(tag.toLowerCase()) ?? createHash("md5").update(tag).digest("hex").slice(0, 6);
}

function colorMapOf(style: unknown): string {
  if (typeof style === "string") return parsePropertyString(style).properties["color-map"] ?? "";
  if (typeof style !== "object" || style === null || !("color-map" in style)) return "";
  const map = style["color-map"];
  return typeof map === "string" ? map : "";
}

function sixDigits(text: string): string | null {
  const hex = text.replace(/^#/, "").toLowerCase();
  if (/^[0-9a-f]{6}$/.test(hex)) return hex;
  return /^[0-9a-f]{3}$/.test(hex) ? hex.replace(/./g, "$&$&") : null;
}
