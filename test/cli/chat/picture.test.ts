import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { drawPicture, loadPicture, pictureCells } from '../../../src/cli/chat/picture.js';
import { sentenceOf } from '../../../src/cli/failure.js';
import { checkAvatar } from '../../../src/client/pictures.js';
import { coloursOf } from '../../../src/media/terminal/colours.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

function flat(colour: string, width = 40, height = 20): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();
}

t.test('a picture is shrunk to its room, keeps its shape, and is never enlarged', async (t) => {
  const picture = await loadPicture(await flat('#ff0000', 400, 200), 60, 48);
  t.same([picture.width, picture.height], [60, 30]);
  t.equal(picture.rgb.length, 60 * 30 * 3);
  t.same(pictureCells(picture, 30, 20), { cells: 30, rows: 8 });
  t.same(pictureCells(picture, 100, 4), { cells: 16, rows: 4 });
  t.same(pictureCells(picture, 1000, 1000), { cells: 60, rows: 15 });
});

t.test('half blocks carry two pixels a cell, in the colours that the terminal has', async (t) => {
  const top = await sharp(await flat('#ff0000', 4, 4))
    .extend({ bottom: 4, background: '#0000ff' })
    .png()
    .toBuffer();
  const picture = await loadPicture(top, 4, 8);
  const exact = drawPicture(picture, 4, 1, 'true');
  t.same(exact, ['\u001b[38;2;255;0;0;48;2;0;0;255m▀▀▀▀\u001b[0m']);
  t.match(drawPicture(picture, 4, 1, '256')[0], '\u001b[38;5;196;48;5;21m▀▀▀▀');
});

t.test('without colours it is drawn in shades', async (t) => {
  const white = await loadPicture(await flat('#ffffff'), 4, 2);
  t.same(drawPicture(white, 4, 1, 'none'), ['████']);
  const black = await loadPicture(await flat('#000000'), 4, 2);
  t.same(drawPicture(black, 4, 1, 'none'), ['    ']);
});

t.test('grey, transparent and animated pictures are drawn too; what is no picture is refused', async (t) => {
  const grey = await sharp(await flat('#808080'))
    .greyscale()
    .toColourspace('b-w')
    .png()
    .toBuffer();
  t.same(Array.from((await loadPicture(grey, 4, 4)).rgb.slice(0, 3)), [128, 128, 128]);
  const clear = await sharp({
    create: { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  })
    .gif()
    .toBuffer();
  t.equal((await loadPicture(clear, 4, 4)).rgb.length, 48);
  await t.rejects(loadPicture(Buffer.from('not a picture'), 4, 4));
});

t.test('a drawing that would have to be interpreted is not, whatever its sender calls it', async (t) => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
  await t.rejects(loadPicture(Buffer.from(svg), 4, 4), { code: 'bad-picture' });
  const tiff = await sharp(await flat('#ff0000'))
    .tiff()
    .toBuffer();
  await t.rejects(loadPicture(tiff, 4, 4), { code: 'bad-picture' });
});

t.test('the environment says how many colours there are', (t) => {
  t.equal(coloursOf({ TERM: 'xterm-256color' }), '256');
  t.equal(coloursOf({ TERM: 'tmux-256color', COLORTERM: 'truecolor' }), 'true');
  t.equal(coloursOf({ TERM: 'xterm-kitty' }), 'true');
  t.equal(coloursOf({ TERM: 'xterm', COLORTERM: 'truecolor', NO_COLOR: '1' }), 'none');
  t.equal(coloursOf({ TERM: 'dumb' }), 'none');
  t.end();
});

t.test('why a picture is no avatar is said in the language of the reader', async (t) => {
  const folder = await temporaryFolder(t);
  const jpeg = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#123' } })
    .jpeg()
    .toBuffer();
  const reasonOf = async (bytes: Uint8Array): Promise<string> => {
    const path = join(folder, 'broken.jpg');
    await writeFile(path, bytes);
    const error: unknown = await checkAvatar(path).catch((cause: unknown) => cause);
    return sentenceOf(error, sayIn('fr'));
  };
  t.match(
    await reasonOf(Buffer.from('no picture')),
    /^l’image est illisible : une image de profil est un PNG/,
  );
  t.match(await reasonOf(jpeg.subarray(0, jpeg.length / 2)), /^l’image est illisible : elle est abîmée/);
});
