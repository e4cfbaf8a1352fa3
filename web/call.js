// The page of a call: asks for what is new, again and again, and shows only the newest. It holds no word of any language.

const kinds = { version: 0, state: 1, picture: 2, sound: 3 };
const headerBytes = 9;
const retryMs = 500;
/** Nobody is there any more. */
const maxFailures = 4;

const $ = (id) => document.getElementById(id);
/** What is shown of each person, by number. */
const tiles = new Map();
let sound = null;
let buttons = null;

function tileOf(id) {
  const known = tiles.get(id);
  if (known) return known;
  const box = document.createElement('figure');
  const canvas = document.createElement('canvas');
  const caption = document.createElement('figcaption');
  box.append(canvas, caption);
  $('people').append(box);
  const tile = { box, canvas, caption, isDrawing: false, next: null };
  tiles.set(id, tile);
  return tile;
}

/** Draws the newest picture; one that comes while another one is decoded takes the place of whatever waits. */
async function draw(tile, jpeg) {
  tile.next = jpeg;
  if (tile.isDrawing) return;
  tile.isDrawing = true;
  while (tile.next) {
    const blob = new Blob([tile.next], { type: 'image/jpeg' });
    tile.next = null;
    try {
      const bitmap = await createImageBitmap(blob);
      const { canvas } = tile;
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      canvas.getContext('2d').drawImage(bitmap, 0, 0);
      canvas.dataset.frames = String(Number(canvas.dataset.frames ?? 0) + 1);
      bitmap.close();
    } catch {
      // A picture that cannot be decoded: the next one counts.
    }
  }
  tile.isDrawing = false;
}

function show(state) {
  buttons = state.buttons;
  document.title = state.title;
  $('title').textContent = state.title;
  $('line').textContent = state.line;
  const here = new Set(state.people.map(({ id }) => id));
  for (const [id, { box }] of tiles) {
    if (here.has(id)) continue;
    box.remove();
    tiles.delete(id);
  }
  for (const { id, text, speaks, hasPicture } of state.people) {
    const { box, canvas, caption } = tileOf(id);
    caption.textContent = text;
    box.classList.toggle('speaks', speaks);
    canvas.hidden = !hasPicture;
  }
  $('mute').textContent = buttons.mute;
  $('mute').setAttribute('aria-pressed', String(state.muted));
  $('hangup').textContent = buttons.hangup;
  $('sound').textContent = sound ? buttons.soundOff : buttons.soundOn;
  for (const id of ['mute', 'hangup', 'sound']) $(id).disabled = state.isOver;
}

/** Reads an answer: pieces of kind, number and length before their bytes. Returns its version. */
function read(answer, before) {
  const view = new DataView(answer);
  let version = before;
  for (let at = 0; at + headerBytes <= answer.byteLength;) {
    const kind = view.getUint8(at);
    const id = view.getUint32(at + 1);
    const length = view.getUint32(at + 5);
    at += headerBytes;
    const bytes = answer.slice(at, at + length);
    at += length;
    if (kind === kinds.version) version = id;
    else if (kind === kinds.state) show(JSON.parse(new TextDecoder().decode(bytes)));
    else if (kind === kinds.picture && tiles.has(id)) void draw(tiles.get(id), bytes);
    else if (kind === kinds.sound) sound?.node.port.postMessage(bytes, [bytes]);
  }
  return version;
}

async function follow() {
  let version = 0;
  let failures = 0;
  while (failures < maxFailures) {
    try {
      const answer = await fetch(`next?after=${version}`, { cache: 'no-store' });
      // The call, or the program, is over: nothing new will come.
      if (answer.status === 404 || answer.status === 410) break;
      if (answer.status === 200) version = read(await answer.arrayBuffer(), version);
      failures = 0;
    } catch {
      failures++;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
  $('line').textContent = document.body.dataset.over;
  for (const id of ['mute', 'hangup', 'sound']) $(id).disabled = true;
}

function order(what) {
  void fetch('do', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ do: what }),
  }).catch(() => undefined);
}

/** Browsers let a page sound only after the person has touched it. */
async function toggleSound() {
  if (sound) {
    await sound.context.close();
    sound = null;
  } else {
    const context = new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' });
    await context.audioWorklet.addModule('sound.js');
    const node = new AudioWorkletNode(context, 'call-sound', { numberOfInputs: 0, outputChannelCount: [1] });
    node.connect(context.destination);
    node.port.onmessage = ({ data }) => ($('sound').dataset.played = String(data));
    sound = { context, node };
  }
  if (buttons) $('sound').textContent = sound ? buttons.soundOff : buttons.soundOn;
}

$('mute').addEventListener('click', () => {
  order($('mute').getAttribute('aria-pressed') === 'true' ? 'unmute' : 'mute');
});
$('hangup').addEventListener('click', () => order('hangup'));
$('sound').addEventListener('click', () => void toggleSound());
void follow();
