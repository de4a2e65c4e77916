// Workers of a page, referred to as long as they are: a program that awaits what a worker will say is itself held by nothing but that worker,
// and Firefox then collects both, so that nobody ever hears of it.

const living = new Set<Worker>();

/** A worker that runs the script `url`, until it is ended. */
export function startWorker(url: string, name: string): Worker {
  const worker = new Worker(url, { name });
  living.add(worker);
  return worker;
}

export function endWorker(worker: Worker): void {
  worker.terminate();
  living.delete(worker);
}
