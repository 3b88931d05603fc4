import type { EstateFirewall, Row } from "./estate.ts";

/**
 * The firewall of a datacenter, with what makes readers stumble: a rule without `enable`, an exception, a group without a
 * comment.
 */
export function buildFirewall(cluster: number): EstateFirewall {
  return {
    options: {
      enable: 1,
      policy_in: "DROP",
      policy_out: "ACCEPT",
      ebtables: 1,
      log_ratelimit: "enable=1,rate=5/second",
    },
    rules: inOrder([
      { type: "in", action: "ACCEPT", enable: 1, macro: "SSH", source: "+management", log: "nolog", comment: "Büro" },
      { type: "group", action: "webservers", iface: "vmbr0" },
      { type: "in", action: "DROP", enable: 0, proto: "icmp", "icmp-type": "echo-request" },
    ]),
    groups: [
      {
        group: { group: "webservers", comment: "HTTP and HTTPS" },
        rules: inOrder([
          { type: "in", action: "ACCEPT", enable: 1, proto: "tcp", dport: "80,443" },
          { type: "in", action: "ACCEPT", enable: 1, proto: "tcp", dport: "8443", dest: "dc/gateway" },
        ]),
      },
      { group: { group: "empty" }, rules: [] },
    ],
    ipSets: [
      {
        set: { name: "management", comment: "Who may log in" },
        entries: [
          { cidr: `10.${cluster + 1}.0.0/24`, comment: "The nodes" },
          { cidr: `10.${cluster + 1}.0.200`, nomatch: 1 },
        ],
      },
    ],
    aliases: [{ name: "gateway", cidr: `10.${cluster + 1}.0.1`, comment: "The way out" }],
  };
}

/** The firewall of a node, and of a guest (which has sets of addresses besides). */
export function buildOwnFirewall(comment: string): EstateFirewall {
  return {
    options: { enable: 1 },
    rules: inOrder([{ type: "in", action: "ACCEPT", enable: 1, proto: "tcp", dport: "8006", comment }]),
    groups: [],
    ipSets: [{ set: { name: "ipfilter-net0" }, entries: [{ cidr: "192.0.2.7" }] }],
    aliases: [{ name: "peer", cidr: "192.0.2.8" }],
  };
}

function inOrder(rules: readonly Row[]): Row[] {
  return rules.map((rule, pos) => ({ pos, ...rule }));
}
