import manifest from "../package.json";

/** The version of this system, as its package says. */
export const version: string = manifest.version;
