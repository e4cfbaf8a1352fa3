// What a page can ask for: the newest of everything, in bounded memory.
import t from 'tap';
import { Board } from '../../../src/cli/web/board.js';
import { readAnswer } from '../../support/web-answer.js';

t.test('a reader gets what is new, and of pictures only the newest', (t) => {
  const board = new Board();
  t.equal(board.since(0), null);
  board.state({ line: 'a' });
  for (let picture = 0; picture < 50; picture++) board.picture(2, Buffer.of(picture));
  board.picture(3, Buffer.of(7));
  const first = readAnswer(board.since(0)!);
  t.same(first.state, { line: 'a' });
  t.same(
    first.pictures,
    new Map([
      [2, Buffer.of(49)],
      [3, Buffer.of(7)],
    ]),
  );
  t.equal(board.since(first.version), null, 'nothing twice');
  board.state({ line: 'a' });
  t.equal(board.since(first.version), null, 'a state that is the same is no news');
  board.picture(3, Buffer.of(8));
  t.same(readAnswer(board.since(first.version)!).pictures, new Map([[3, Buffer.of(8)]]));
  board.forget(3);
  t.notOk(readAnswer(board.since(0)!).pictures.has(3));
  t.end();
});

t.test('an hour that nobody reads costs as much memory as a fifth of a second', (t) => {
  const board = new Board();
  for (let beat = 0; beat < 10_000; beat++) {
    board.sound(Int16Array.of(beat % 30_000, 2, 3));
    board.picture(2, Buffer.alloc(1_000));
  }
  t.ok(board.keptBytes <= 1_000 + 10 * 6, `${board.keptBytes} bytes`);
  const { sounds } = readAnswer(board.since(0)!);
  t.equal(sounds.length, 10);
  t.equal(sounds.at(-1)!.readInt16LE(0), 9_999, 'the newest');
  t.equal(sounds.at(-1)!.readInt16LE(4), 3);
  t.end();
});

t.test('who waits is told once, when something comes', async (t) => {
  const board = new Board();
  let told = 0;
  board.onNews(() => told++);
  board.onNews(() => t.fail('it was taken back'))();
  board.picture(1, Buffer.of(1));
  board.picture(1, Buffer.of(2));
  await new Promise((resolve) => setTimeout(resolve, 10));
  t.equal(told, 1);
});
