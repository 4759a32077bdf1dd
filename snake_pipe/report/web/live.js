"use strict";

const ASK_EVERY = 1500;
const MOST_FAILURES = 3;
const RUNNING = "The job is running; the figures follow it.";

/** Asks the server that the page came from for newer figures until the job has ended. */
async function follow() {
  const words = byId("live");
  words.hidden = false;
  words.textContent = RUNNING;
  let have = Number(document.documentElement.dataset.live);
  let failures = 0;
  while (failures < MOST_FAILURES) {
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    try {
      const answer = await fetch(`figures?have=${have}`, { cache: "no-store", signal: AbortSignal.timeout(20000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const { version, figures, job, ended, problem } = await answer.json();
      failures = 0;
      words.textContent = problem ? `The tables cannot be read just now: ${problem}` : RUNNING;
      have = version;
      if (figures) PAGE.update(figures);
      PAGE.updateRun(job);
      if (ended) {
        words.textContent = "The job has ended; these are its last figures.";
        return;
      }
    } catch {
      failures += 1;
    }
  }
  words.textContent = "The connection has ended; these are the last figures that came.";
}

if ("live" in document.documentElement.dataset) follow();
