// npm run bench [-- quick] [KEY…]: runs the scenarios (all, or those of keys such as V or V2), prints and keeps their figures.
import { fileURLToPath } from 'node:url';
import { describeMachine, pinGenerator } from './machine.js';
import { runPeers } from './peers.js';
import { scenarioSection, writeResults, type Section } from './report.js';
import { repeat, type RunOptions, type Scenario } from './scenario.js';
import { agentKilled, agentSoak } from './scenarios/agent.js';
import { callScenarios } from './scenarios/calls.js';
import { chatInTerminal } from './scenarios/chat.js';
import { durablePlain, durableTls } from './scenarios/durable.js';
import { fanOutPlain, fanOutTls } from './scenarios/fan-out-max.js';
import { fanOutPaced } from './scenarios/fan-out-paced.js';
import { fileTransfer } from './scenarios/file.js';
import { groupCallScenarios } from './scenarios/group-calls.js';
import { idleScenarios } from './scenarios/idle.js';
import { login } from './scenarios/login.js';
import { runNetworkTable } from './scenarios/network.js';
import { mediaRelay } from './scenarios/relay.js';
import { setUpScenarios } from './scenarios/set-up.js';
import { startUp } from './scenarios/start-up.js';
import { terminalVideo } from './scenarios/terminal-video.js';

const scenarios: readonly Scenario[] = [
  fanOutPaced,
  fanOutPlain,
  fanOutTls,
  durablePlain,
  durableTls,
  fileTransfer,
  chatInTerminal,
  login,
  ...idleScenarios,
  startUp,
  mediaRelay,
  terminalVideo,
  ...callScenarios,
  ...setUpScenarios,
  ...groupCallScenarios,
  agentKilled,
  agentSoak,
];
const peersKey = 'P';
const networkKey = 'N';
const runsOfEach = 3;
const resultsFile = fileURLToPath(new URL('../../bench/results.md', import.meta.url));

/** What a scenario is picked by: its key, and its number where it is one of several with the same key. */
function wordsFor({ key, title }: Scenario): string[] {
  const number = /^[A-Z]\d(?= )/.exec(title)?.[0];
  return number === undefined ? [key] : [key, number];
}

function print(section: Section): void {
  console.log(`\n## ${section.title}\n\n${section.text}`);
}

async function main(words: readonly string[]): Promise<number> {
  const quick = words.includes('quick');
  const keys = words.filter((word) => word !== 'quick');
  const known = [...new Set(scenarios.flatMap(wordsFor)), peersKey, networkKey];
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown !== undefined) {
    console.error(`bench: no scenario ${unknown}; there are ${known.join(' ')}, and the word quick`);
    return 2;
  }
  const picked = (words: readonly string[]): boolean =>
    keys.length === 0 || words.some((word) => keys.includes(word));
  const options: RunOptions = { seconds: quick ? 1 : 4, quick };
  const count = quick ? 1 : runsOfEach;
  const sections: Section[] = [];
  let failed = 0;
  for (const line of describeMachine()) console.log(line);
  // In virtual time, so on all cores.
  if (picked([networkKey])) {
    const section = await runNetworkTable(quick);
    sections.push(section);
    print(section);
  }
  pinGenerator();
  for (const scenario of scenarios.filter((one) => picked(wordsFor(one)))) {
    try {
      const section = scenarioSection(await repeat(scenario, count, options), quick ? ', quick' : '');
      sections.push(section);
      print(section);
    } catch (error) {
      failed++;
      console.error(`\nbench: ${scenario.title}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (picked([peersKey])) {
    const section = await runPeers(count, quick);
    sections.push(section);
    print(section);
  }
  if (!quick) await writeResults(resultsFile, sections);
  return failed > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
