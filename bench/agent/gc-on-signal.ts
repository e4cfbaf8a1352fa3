// Loaded into an agent that is measured: at SIGUSR2 it collects its garbage and says on stderr what memory is left.
const collect = globalThis.gc;

process.on('SIGUSR2', () => {
  void (async () => {
    // Finalizers of the first round free what the second one finds.
    for (let round = 0; round < 3; round++) {
      collect?.();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    process.stderr.write(`${JSON.stringify({ type: 'memory', rss, heapUsed, external })}\n`);
  })();
});
