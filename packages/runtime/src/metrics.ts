import { Counter, Gauge, Histogram, Registry } from "prom-client";

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60];

/**
 * The metrics of one service, in a registry of its own, so that several services can live in one process.
 * Times are in seconds.
 */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: `proxbox_${name}_total`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name: `proxbox_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Histogram({ name: `proxbox_${name}_seconds`, help, labelNames, buckets: seconds, registers });

  new Gauge({
    name: "proxbox_memory_bytes",
    help: "Resident memory of the process.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return {
    registry,
    items: counter("items", "Items done, by their result.", "stage", "state"),
    itemSeconds: histogram("item", "Time one item took.", "stage"),
    itemsAtWork: gauge("items_at_work", "Items in hand.", "stage"),
    stages: counter("stages", "Attempts of stages that ended.", "stage", "fact"),
    stageSeconds: histogram("stage", "Time one attempt of a stage took.", "stage"),
    batches: counter("batches", "Bulk requests to NetBox.", "kind", "op", "outcome"),
    batchSeconds: histogram("batch", "Time one bulk request took.", "kind", "op"),
    netboxRequests: counter("netbox_requests", "Requests to NetBox; status 0: no answer.", "method", "status"),
    netboxSeconds: histogram("netbox_request", "Time one request to NetBox took.", "method"),
    proxmoxRequests: counter("proxmox_requests", "Requests to Proxmox; status 0: no answer.", "endpoint", "status"),
    proxmoxSeconds: histogram("proxmox_request", "Time one request to Proxmox took.", "endpoint"),
    permitWaitSeconds: histogram("permit_wait", "Time spent waiting for a permit.", "resource"),
    liveReads: counter("live_reads", "Live reads answered, by the HTTP status they lead to.", "name", "status"),
    liveReadSeconds: histogram("live_read", "Time one live read took.", "name"),
    retries: counter("retries", "Attempts made again.", "what"),
    objects: counter("objects", "NetBox objects, by what became of them.", "kind", "outcome"),
    runs: counter("runs", "Runs that ended.", "state"),
    deadLetters: counter("dead_letters", "Messages that were given up.", "stream"),
    permitLimit: gauge("permit_limit", "Requests allowed at once.", "resource"),
    sseClients: gauge("sse_clients", "Connected readers of server-sent events."),
    wsClients: gauge("ws_clients", "Connected WebSocket readers."),
    httpRequests: counter("http_requests", "Requests answered.", "method", "route", "status"),
    httpSeconds: histogram("http_request", "Time one request took to answer.", "route"),
    /** Everything in the Prometheus text format. */
    render: () => registry.metrics(),
  };
}

/** The metrics of a service. */
export type Metrics = ReturnType<typeof createMetrics>;
