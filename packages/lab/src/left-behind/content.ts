import { join } from "node:path";
import type { Content } from "../netbox/content.ts";
import type { PluginRelease } from "../netbox/models/plugin-parts.ts";
import { buildEstate } from "../proxmox/build-estate.ts";
import type { Estate } from "../proxmox/estate.ts";

/** A release of proxbox-api, and the plugin it worked with. */
export type OldRelease = {
  readonly release: "0.0.30.post2" | "0.0.27.post4" | "0.0.19.post5";
  readonly plugin: PluginRelease;
  /** Whether it cannot begin before somebody has made a cluster, in a site, and linked it to its endpoint. */
  readonly needsLinks: boolean;
};

/** The releases of which it is recorded what they leave behind: the newest, and those that their plugins named as partners. */
export const oldReleases: readonly OldRelease[] = [
  { release: "0.0.30.post2", plugin: "0.0.29.post6", needsLinks: true },
  { release: "0.0.27.post4", plugin: "0.0.29.post6", needsLinks: false },
  { release: "0.0.19.post5", plugin: "0.0.24", needsLinks: false },
];

/** The estate they saw: a cluster of two nodes and a node that stands alone; no guest bears their own tag. */
export function recordedEstate(): Estate {
  return buildEstate({ seed: 11, clusters: 2, nodes: 3, guests: 24 });
}

/** Where the recording of a release is kept. */
export function recordingOf(release: OldRelease["release"]): string {
  return join(import.meta.dir, `../../fixtures/netbox/left-behind-${release}.json.gz`);
}

/** What NetBox held after two jobs of a release. */
export async function leftBehind(release: OldRelease["release"]): Promise<Content> {
  const bytes = await Bun.file(recordingOf(release)).bytes();
  return JSON.parse(new TextDecoder().decode(Bun.gunzipSync(bytes))) as Content;
}
