// The dashboard on the terminal, with blessed-contrib; loaded by `monitor` alone.
import blessed, { type Widgets } from 'blessed';
import contrib from 'blessed-contrib';
import type { ServerStatistics } from '../../protocol/statistics-shapes.js';
import type { Say } from '../catalogue/translate.js';
import { truncate } from '../chat/text-width.js';
import {
  callHeaders,
  callRows,
  graphNames,
  graphs,
  headline,
  labelStep,
  logLines,
  roundStep,
  samplesPerMinute,
  squeezed,
  type GraphName,
} from './figures.js';

export interface Dashboard {
  show(statistics: ServerStatistics): void;
  /** Tells in the last line what is wrong; null when nothing is. */
  trouble(text: string | null): void;
  /** Called when somebody wants to leave. */
  onQuit: () => void;
  /** Gives the terminal back. Idempotent. */
  close(): void;
}

interface DashboardOptions {
  /** The server's name. */
  name: string;
  say: Say;
  /** Whether colours are wanted. */
  isColoured: boolean;
}

/** Minutes that the graphs may show; a key goes through them. */
const spans = [60, 15, 5] as const;
/** In less than this there are fewer graphs at once, of which a key shows one after another. */
const rowsForAllGraphs = 34;
const columnsForTwoGraphs = 60;
/** Below this many columns the log is under the calls, not beside them. */
const columnsForTwo = 100;
const lineColours = ['cyan', 'yellow', 'magenta'] as const;
const minGraphRows = 7;
const yLabels = 4;

type Box = Widgets.BoxElement;

/** Lines in a frame that may be scrolled. */
interface List {
  /** `childBase` is the first line that is seen; its types do not have it. */
  readonly box: Box & { readonly childBase?: number };
  readonly lines: number;
  readonly visible: number;
  /** Whether its newest lines, the last, are to be seen until somebody scrolls up. */
  readonly follows: boolean;
}

/** Where a list that is drawn anew begins, by what was seen of it before. */
function firstLine(list: List, before: List | undefined): number {
  const top = before?.box.childBase ?? 0;
  const isAtEnd = before === undefined || top >= before.lines - before.visible;
  return list.follows && isAtEnd ? Math.max(0, list.lines - list.visible) : top;
}

export function openDashboard({ name, say, isColoured }: DashboardOptions): Dashboard {
  const screen = blessed.screen({
    smartCSR: true,
    fullUnicode: true,
    forceUnicode: true,
    title: 'PyTalk',
    warnings: false,
  });
  // Lines as UTF-8: the older way (ACS) is not understood everywhere that UTF-8 is.
  (screen as unknown as { tput: { brokenACS: boolean } }).tput.brokenACS = true;
  let statistics: ServerStatistics | null = null;
  let trouble: string | null = null;
  let span = 0;
  let page = 0;
  let isClosed = false;
  let parts: Box[] = [];
  let lower: List[] = [];
  let focused = 0;

  const colour = (wanted: string): string => (isColoured ? wanted : 'default');

  const box = (options: Widgets.BoxOptions): Box => {
    const made = blessed.box({ tags: false, ...options });
    screen.append(made);
    parts.push(made);
    return made;
  };

  const frame = (label: string) => ({
    label: ` ${label} `,
    border: { type: 'line' as const },
    style: { border: { fg: colour('blue') }, label: { fg: colour('green') } },
  });

  const graph = (
    which: GraphName,
    place: { left: number; top: number; width: number; height: number },
  ): void => {
    if (statistics === null) return;
    const samples = statistics.samples.slice(-(spans[span] ?? 60) * samplesPerMinute);
    const { title, lines } = graphs(samples, say)[which];
    const step = roundStep(Math.max(...lines.flatMap(({ values }) => values)) / yLabels);
    const columns = Math.max(2, Math.floor(place.width / 2));
    const chart = contrib.line({
      ...place,
      ...frame(truncate(title, place.width - 6)),
      style: {
        ...frame('').style,
        text: colour('green'),
        baseline: colour('blue'),
      },
      numYLabels: yLabels,
      xPadding: 5,
      xLabelPadding: 3,
      minY: 0,
      maxY: step * yLabels,
      showLegend: false,
      // A number, whatever its types say.
      showNthLabel: labelStep(samples.length, columns) as unknown as boolean,
      wholeNumbersOnly: step >= 1,
    });
    screen.append(chart);
    parts.push(chart);
    const clock = (at: number): string => new Date(at).toTimeString().slice(0, 5);
    const times = samples.map(({ at }) => at);
    const x = squeezed(times, columns).map(clock);
    chart.setData(
      lines.map((line, at) => ({
        title: line.title,
        x,
        y: squeezed(line.values, columns),
        style: { line: colour(lineColours[at % lineColours.length] ?? 'cyan') },
      })),
    );
    if (!isColoured || lines.length < 2) return;
    // In the row under the times, which is always empty: the library's own legend covers the lines.
    const names = lines.map(({ title: text }, at) => {
      const name = lineColours[at % lineColours.length] ?? 'cyan';
      return `{${name}-fg}━ ${text}{/${name}-fg}`;
    });
    chart.append(
      blessed.box({
        tags: true,
        top: place.height - 3,
        left: 2,
        right: 0,
        height: 1,
        content: names.join('  '),
      }),
    );
  };

  const draw = (): void => {
    if (isClosed) return;
    const before = lower;
    const tops = (list: List, at: number): number => firstLine(list, before[at]);
    for (const part of parts) {
      screen.remove(part);
      part.destroy();
    }
    parts = [];
    lower = [];
    const rows = Number(screen.height);
    const columns = Number(screen.width);
    box({
      top: 0,
      left: 0,
      width: '100%',
      height: 1,
      content: ` PyTalk · ${name}`,
      style: { inverse: true },
    });
    const text = statistics === null ? say('monitor.waits') : headline(statistics, say);
    box({ top: 1, left: 1, width: '100%-2', height: 2, content: text });
    const across = columns >= columnsForTwoGraphs ? 2 : 1;
    const down = across === 2 && rows >= rowsForAllGraphs ? 2 : 1;
    const height = Math.max(minGraphRows, Math.floor((rows - 4) * (down === 2 ? 0.3 : 0.45)));
    const width = Math.floor(columns / across);
    const shown = across * down;
    const first = (page % (graphNames.length / shown)) * shown;
    graphNames.slice(first, first + shown).forEach((which, at) => {
      const left = (at % across) * width;
      graph(which, {
        left,
        top: 3 + Math.floor(at / across) * height,
        height,
        width: at % across === across - 1 ? columns - left : width,
      });
    });
    const top = 3 + height * down;
    lists(top, rows - top - 1, columns);
    lower.forEach((list, at) => (list.box as unknown as Widgets.ListElement).setScroll(tops(list, at)));
    lower[focused % Math.max(1, lower.length)]?.box.focus();
    box({
      bottom: 0,
      left: 0,
      width: '100%',
      height: 1,
      content: trouble === null ? ` ${keysLine()}` : ` ! ${trouble}`,
      style: trouble === null ? { inverse: true } : { inverse: true, fg: colour('red') },
    });
    screen.render();
  };

  const keysLine = (): string => say('monitor.keys', { minutes: spans[span] ?? 60 });

  const lists = (top: number, height: number, columns: number): void => {
    if (height < 3) return;
    const beside = columns >= columnsForTwo;
    const calls = statistics === null ? [] : callRows(statistics, say);
    const callsPlace = beside
      ? { top, height, left: 0, width: Math.floor(columns / 2) }
      : { top, height: Math.max(3, Math.floor(height / 2)), left: 0, width: columns };
    const logPlace = beside
      ? { top, height, left: callsPlace.width, width: columns - callsPlace.width }
      : { top: top + callsPlace.height, height: height - callsPlace.height, left: 0, width: columns };
    lower.push(scrolling(say('monitor.calls'), tableLines(calls, callsPlace.width - 4), callsPlace, false));
    const log = statistics === null ? [] : logLines(statistics);
    if (logPlace.height >= 3) lower.push(scrolling(say('monitor.log'), log, logPlace, true));
  };

  const tableLines = (rows: string[][], width: number): string[] => {
    if (rows.length === 0) return [say('monitor.no-calls')];
    const all = [callHeaders(say), ...rows];
    const widths = all[0]?.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0))) ?? [];
    return all.map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .slice(0, width),
    );
  };

  const scrolling = (
    label: string,
    lines: readonly string[],
    place: { top: number; left: number; width: number; height: number },
    follows: boolean,
  ): List => {
    const made = box({
      ...place,
      ...frame(label),
      content: lines.join('\n'),
      wrap: false,
      scrollable: true,
      alwaysScroll: true,
      keys: true,
      mouse: true,
      scrollbar: { ch: '▐' },
    });
    return { box: made, lines: lines.length, visible: Math.max(0, place.height - 2), follows };
  };

  const dashboard: Dashboard = {
    show(next) {
      statistics = next;
      draw();
    },
    trouble(text) {
      if (text === trouble) return;
      trouble = text;
      draw();
    },
    onQuit: () => undefined,
    close() {
      if (isClosed) return;
      isClosed = true;
      screen.destroy();
    },
  };
  screen.key(['q', 'C-c', 'escape'], () => dashboard.onQuit());
  screen.key(['t'], () => {
    span = (span + 1) % spans.length;
    draw();
  });
  screen.key(['g'], () => {
    page++;
    draw();
  });
  screen.key(['tab'], () => {
    focused++;
    lower[focused % Math.max(1, lower.length)]?.box.focus();
    screen.render();
  });
  screen.key(['C-l'], () => {
    screen.realloc();
    draw();
  });
  screen.on('resize', draw);
  draw();
  return dashboard;
}
