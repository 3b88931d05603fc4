import { domains } from "./stages.ts";
import { filters, permitResources, permitSubject } from "./subjects.ts";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const megabyte = 1024 * 1024;

/** A stream as plain data: seconds and bytes; every limit is one that nats-server 2.9 knows. */
export type StreamSpec = {
  name: string;
  subjects: readonly string[];
  retention: "limits" | "workqueue";
  /** On disk when left out. What is in memory is gone when nats-server restarts. */
  storage?: "memory";
  /** Which end gives way when full: history forgets the oldest, a work queue must refuse. */
  discard: "old" | "new";
  maxAgeSeconds: number;
  maxBytes?: number;
  maxMessages?: number;
  maxMessageBytes?: number;
  duplicateWindowSeconds?: number;
  allowDirect?: boolean;
};

/** A shared durable pull consumer as plain data. */
export type ConsumerSpec = {
  stream: string;
  name: string;
  filter: string;
  ackWaitSeconds: number;
  maxAckPending: number;
  /** -1: for ever. */
  maxDeliver: number;
  maxWaiting?: number;
};

/** A key-value bucket as plain data; `ttlSeconds` 0 keeps values for ever. */
export type BucketSpec = { name: string; history: number; ttlSeconds: number; maxBytes: number };

/** The names of streams, buckets and the object store, spelled only here. */
export const names = {
  commands: "PBX_CMD",
  items: "PBX_ITEM",
  events: "PBX_EVT",
  permits: "PBX_SEM",
  advisories: "PBX_ADV",
  logs: "PBX_LOG",
  runs: "PBX_RUN",
  leases: "PBX_LEASE",
  settings: "PBX_CFG",
  lockouts: "PBX_LOCK",
  drafts: "PBX_DRAFT",
  blobs: "PBX_BLOB",
} as const;

/** The largest event: the gateway's readers and browsers take it whole. */
export const maxEventBytes = 256 * 1024;

/** How many log lines are kept, the newest. */
export const keptLogLines = 10_000;
/** The same in bytes. */
export const keptLogBytes = 16 * megabyte;

/** Every stream of the system. */
export const streams: readonly StreamSpec[] = [
  {
    name: names.commands,
    subjects: ["proxbox.cmd.>"],
    retention: "limits",
    discard: "old",
    maxAgeSeconds: 30 * day,
    maxBytes: 256 * megabyte,
    duplicateWindowSeconds: 10 * minute,
    allowDirect: true,
  },
  {
    name: names.items,
    subjects: ["proxbox.item.>"],
    retention: "workqueue",
    discard: "new",
    maxAgeSeconds: 2 * day,
    maxBytes: 1024 * megabyte,
    duplicateWindowSeconds: 10 * minute,
    allowDirect: true,
  },
  {
    name: names.events,
    subjects: ["proxbox.evt.>"],
    retention: "limits",
    discard: "old",
    maxAgeSeconds: 14 * day,
    maxBytes: 4096 * megabyte,
    maxMessageBytes: maxEventBytes,
    allowDirect: true,
  },
  {
    name: names.permits,
    subjects: ["proxbox.sem.>"],
    retention: "workqueue",
    discard: "old",
    maxAgeSeconds: hour,
    maxMessages: 4096,
  },
  {
    name: names.advisories,
    subjects: [
      `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${names.items}.>`,
      `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${names.commands}.>`,
      `$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.${names.items}.>`,
      `$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.${names.commands}.>`,
    ],
    retention: "limits",
    discard: "old",
    maxAgeSeconds: 7 * day,
  },
  {
    // Nobody waits for a line to be on disk, and each is on the standard output of its service as well.
    name: names.logs,
    subjects: [filters.logs],
    retention: "limits",
    storage: "memory",
    discard: "old",
    maxAgeSeconds: day,
    maxBytes: keptLogBytes,
    maxMessages: keptLogLines,
    maxMessageBytes: 128 * 1024,
  },
];

/** How long failed logins are remembered, and so how long a lockout lasts. */
export const lockoutSeconds = 300;

/** Every key-value bucket. Leases are renewed every 3 s, so a dead holder is replaced within 10 s. */
export const buckets: readonly BucketSpec[] = [
  { name: names.runs, history: 5, ttlSeconds: 0, maxBytes: 64 * megabyte },
  { name: names.leases, history: 1, ttlSeconds: 10, maxBytes: megabyte },
  { name: names.settings, history: 10, ttlSeconds: 0, maxBytes: 64 * megabyte },
  { name: names.lockouts, history: 1, ttlSeconds: lockoutSeconds, maxBytes: 8 * megabyte },
  { name: names.drafts, history: 1, ttlSeconds: day, maxBytes: 256 * megabyte },
];

/** The object store for observations, plans and big manifests. */
export const blobStore = { name: names.blobs, ttlSeconds: 7 * day, maxBytes: 4096 * megabyte } as const;

/** Names of the shared durables. */
export const consumerNames = {
  commandsOf: (domain: string) => `cmd-${domain}`,
  itemsOf: (domain: string) => `item-${domain}`,
  runFacts: "orchestrator-runs",
  stageFacts: "orchestrator-stages",
  deadLetters: "dead-letters",
  permitsOf: (resource: string) => resource,
} as const;

/** How many permits a resource starts with, until the controller has learned what NetBox takes. */
export const initialPermits = { netbox: 2, "netbox-address": 1 } as const;

/** A process that dies is rarely its work's fault, so work is given out so often; what fails by itself is given up sooner. */
const mostDeliveries = 25;

/**
 * Every shared durable consumer. `ackWaitSeconds` of items and commands is how long a killed replica's work rests;
 * they are kept alive with `working()`. A permit's is longer than any HTTP request may last and is never extended.
 */
export const consumers: readonly ConsumerSpec[] = [
  ...domains.flatMap((domain): ConsumerSpec[] => [
    {
      stream: names.commands,
      name: consumerNames.commandsOf(domain),
      filter: filters.commandsOf(domain),
      ackWaitSeconds: 30,
      maxAckPending: 4,
      // A coordinator that drains or dies hands its stage on: over a long stage that may be often.
      maxDeliver: 50,
    },
    {
      stream: names.items,
      name: consumerNames.itemsOf(domain),
      filter: filters.itemsOf(domain),
      ackWaitSeconds: 30,
      maxAckPending: 256,
      maxDeliver: mostDeliveries,
    },
  ]),
  ...permitResources.map(
    (resource): ConsumerSpec => ({
      stream: names.permits,
      name: consumerNames.permitsOf(resource),
      filter: permitSubject(resource),
      ackWaitSeconds: 30,
      maxAckPending: initialPermits[resource],
      maxDeliver: -1,
      maxWaiting: 4096,
    }),
  ),
  {
    stream: names.events,
    name: consumerNames.runFacts,
    filter: filters.runFacts,
    ackWaitSeconds: 30,
    maxAckPending: 1,
    maxDeliver: -1,
  },
  {
    stream: names.events,
    name: consumerNames.stageFacts,
    filter: filters.stageFacts,
    ackWaitSeconds: 30,
    maxAckPending: 1,
    maxDeliver: -1,
  },
  {
    stream: names.advisories,
    name: consumerNames.deadLetters,
    filter: "$JS.EVENT.ADVISORY.CONSUMER.>",
    ackWaitSeconds: 30,
    maxAckPending: 1,
    maxDeliver: -1,
  },
];
