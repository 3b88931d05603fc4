import { isTemporaryName, temporaryName } from "@proxbox/netbox/temporary-name";

/** NetBox 4.6.8 cuts no name: a longer one is refused. */
export const longestName = 64;

/** One guest of a NetBox cluster that wants a name. */
export type NameRequest = {
  key: string;
  vmid: number;
  /** The name Proxmox has. */
  wanted: string;
  /** The virtual machine that stands for it, and its name; null: to be created. */
  vm: { id: number; name: string } | null;
  /** The name Proxmox had when we last wrote; null: never written. */
  lastWanted: string | null;
};

/** The name a guest gets, and why it is not the one Proxmox has. */
export type NameAnswer = { name: string; reason: "free" | "taken" | "renamed-by-operator" };

/** A machine that must give up its name before another can take it, and what it is called meanwhile. */
export type Vacate = { vm: number; name: string };

/**
 * Gives each guest of one NetBox cluster its name. Names are unique there without regard to case. Pure.
 * Stable from run to run: who has a name keeps it, an operator's rename is respected, a guest without a machine takes
 * what is free, in order of vmid, as `name`, `name (2)`, `name (3)`.
 * @param foreign names in the cluster that belong to none of these guests
 */
export function resolveNames(requests: NameRequest[], foreign: Iterable<string>): Map<string, NameAnswer> {
  const used = new Set([...foreign].map(fold));
  const answers = new Map<string, NameAnswer>();
  const give = (request: NameRequest, answer: NameAnswer) => {
    used.add(fold(answer.name));
    answers.set(request.key, answer);
  };
  const waiting: NameRequest[] = [];
  const ordered = [...requests].sort((left, right) => left.vmid - right.vmid || left.key.localeCompare(right.key));
  for (const request of ordered) {
    if (isOperatorName(request) && request.vm) give(request, { name: request.vm.name, reason: "renamed-by-operator" });
    else waiting.push(request);
  }
  const rest = waiting.filter((request) => {
    const wanted = cut(request.wanted);
    if (!request.vm || fold(request.vm.name) !== fold(wanted) || used.has(fold(wanted))) return true;
    give(request, { name: wanted, reason: "free" });
    return false;
  });
  for (const request of [...rest.filter(keepsSuffix), ...rest.filter((request) => !keepsSuffix(request))]) {
    const wanted = cut(request.wanted);
    if (!used.has(fold(wanted))) give(request, { name: wanted, reason: "free" });
    else if (keepsSuffix(request) && request.vm && !used.has(fold(request.vm.name)))
      give(request, { name: request.vm.name, reason: "taken" });
    else give(request, { name: firstFree(wanted, used), reason: "taken" });
  }
  return answers;
}

/**
 * Which machines must step aside first, because their present name goes to another: in a chain or a swap no order of
 * single renames works. The temporary name is recognised as ours if the run dies in between.
 */
export function vacateFor(requests: NameRequest[], answers: Map<string, NameAnswer>): Vacate[] {
  const wantedBy = new Map<string, string>();
  for (const request of requests) {
    const answer = answers.get(request.key);
    if (answer && request.vm?.name !== answer.name) wantedBy.set(fold(answer.name), request.key);
  }
  return requests.flatMap((request) => {
    const answer = answers.get(request.key);
    if (!request.vm || !answer || fold(request.vm.name) === fold(answer.name)) return [];
    const taker = wantedBy.get(fold(request.vm.name));
    return taker && taker !== request.key ? [{ vm: request.vm.id, name: temporaryName(request.vm.id) }] : [];
  });
}

function isOperatorName(request: NameRequest): boolean {
  if (!request.vm) return false;
  const name = request.vm.name;
  if (isTemporaryName(name) || isNameOf(name, request.wanted)) return false;
  return request.lastWanted === null || !isNameOf(name, request.lastWanted);
}

function keepsSuffix(request: NameRequest): boolean {
  return request.vm !== null && isNameOf(request.vm.name, request.wanted);
}

function isNameOf(name: string, wanted: string): boolean {
  if (fold(name) === fold(cut(wanted))) return true;
  const match = /^(.+) \((\d+)\)$/s.exec(name);
  const suffix = match ? ` (${match[2]})` : "";
  return match !== null && fold(match[1] ?? "") === fold(cut(wanted, longestName - suffix.length));
}

function firstFree(wanted: string, used: Set<string>): string {
  for (let index = 2; ; index += 1) {
    const suffix = ` (${index})`;
    const name = `${cut(wanted, longestName - suffix.length)}${suffix}`;
    if (!used.has(fold(name))) return name;
  }
}

function cut(name: string, length = longestName): string {
  // NetBox counts characters, not UTF-16 units, and trims blanks.
  return [...name.trim()].slice(0, length).join("").trim();
}

function fold(name: string): string {
  return name.toLowerCase();
}
