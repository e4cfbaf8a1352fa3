// How the screen is divided at a given size; pure, so that scrolling and drawing agree on it.
import { layoutBuffer } from './composer-layout.js';
import { currentComposer, currentThread, type ChatState } from './state.js';
import { widthOf, wrap } from './text-width.js';

export interface Layout {
  /** Columns of the conversation list; 0 when it is not shown. */
  readonly list: number;
  /** Columns of the conversation; 0 when only the list is shown. */
  readonly pane: number;
  /** Rows above the status bar. */
  readonly rows: number;
  readonly headerRows: number;
  readonly messageRows: number;
  /** What is replied to, edited or selected. */
  readonly bannerRows: number;
  /** A notice that is too long for the rule. */
  readonly noticeRows: number;
  readonly ruleRows: number;
  readonly composerRows: number;
}

/** Below this many columns only one of list and conversation is shown. */
const oneColumnBelow = 60;
const maxComposerRows = 6;
const maxNoticeRows = 4;
/** Before the composed text: the prompt and a space. */
export const promptCells = 2;

function listColumns(columns: number): number {
  if (columns < 100) return 22;
  return columns < 150 ? 28 : 34;
}

/** Cells for the text in the composer of a conversation `pane` columns wide; one is left for the cursor at the end. */
export function composerCells(pane: number): number {
  return Math.max(4, pane - promptCells - 1);
}

/** Columns for the text of a page in a pane: one is left free on each side. */
export function pageColumns(pane: number): number {
  return Math.max(4, pane - 2);
}

function columnsOf(state: ChatState): { list: number; pane: number } {
  const { columns } = state.size;
  if (columns < oneColumnBelow) {
    const isList = state.overlay === null && state.focus === 'list';
    return { list: isList ? columns : 0, pane: isList ? 0 : columns };
  }
  const list = listColumns(columns);
  return { list, pane: columns - list - 1 };
}

/** A notice longer than its line, wrapped; none when it fits into the rule. */
export function longNotice(state: ChatState, pane: number): readonly string[] {
  const text = state.notice?.text ?? '';
  // The rule leaves room for its ends and the sign of an error.
  if (widthOf(text) <= pane - 6) return [];
  return wrap(text, Math.max(4, pane - 4)).map((row) => row.text);
}

export function layoutOf(state: ChatState): Layout {
  const { list, pane } = columnsOf(state);
  const rows = Math.max(1, state.size.rows - 1);
  const composer = currentComposer(state);
  const hasBanner =
    composer.replyTo !== null || composer.editing !== null || currentThread(state).selected !== null;
  const wantedRows = layoutBuffer(composer.buffer, composerCells(pane)).rows.length;
  const composerRows = Math.min(wantedRows, maxComposerRows, Math.max(1, Math.floor(rows / 3)));
  const headerRows = rows >= 6 ? 1 : 0;
  const ruleRows = rows >= 4 ? 1 : 0;
  const bannerRows = hasBanner && rows >= 8 ? 1 : 0;
  const noticeRows = rows >= 8 && pane > 0 ? Math.min(maxNoticeRows, longNotice(state, pane).length) : 0;
  const messageRows = Math.max(0, rows - headerRows - noticeRows - ruleRows - bannerRows - composerRows);
  return { list, pane, rows, headerRows, messageRows, bannerRows, noticeRows, ruleRows, composerRows };
}
