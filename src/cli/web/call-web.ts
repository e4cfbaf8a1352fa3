// `--web`: one page on this machine that shows and plays a call, beside whatever else shows it.
import { wholeJpeg } from '../../media/record/whole-jpeg.js';
import { obeyOrder } from '../call/call-control.js';
import { newsText } from '../call/call-output.js';
import type { CallFollower } from '../call/followers.js';
import type { LiveCall } from '../call/live-call.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { screenOf } from '../../media/screen-number.js';
import { Board } from './board.js';
import { pageFiles } from './page-files.js';
import { WebServer } from './web-server.js';

const selfId = 0;
/** Who is louder than this (-36 dB of full scale) speaks; who has just been goes on speaking so long. */
const speechLevel = 0.4;
const speechMs = 400;

/** Opens the page and says where it is; it is there for one call after the other. Rejects with `web-failed`. */
export async function openCallWeb({ out, say, io }: Context, port: number): Promise<CallFollower> {
  const board = new Board();
  let current: LiveCall | null = null;
  let isOver = false;
  board.state(pageState(say, null, say('web.waiting'), () => false));
  const server = await WebServer.open({
    port,
    board,
    files: await pageFiles(say),
    isOpen: () => !isOver,
    order: (value) => current !== null && obeyOrder(current, value),
  });
  if (out.isJson) out.event({ type: 'web', url: server.url });
  else out.alert(say('web.open', { url: server.url }));
  return {
    follow(live) {
      current = live;
      live.page = server.url;
      isOver = false;
      let line = say('call.calling', { with: cleanLine(live.call.conversation) });
      const loudAtMs = new Map<number, number>();
      const speaks = (id: number): boolean => io.now() - (loudAtMs.get(id) ?? -Infinity) < speechMs;
      const show = (): void => board.state(pageState(say, live, line, speaks));
      const picture = (id: number, jpeg: Buffer): void => board.picture(id, wholeJpeg(jpeg));
      const undo = [
        live.watch({
          self: ({ jpeg }) => picture(selfId, jpeg),
          frame: ({ from, jpeg }) => picture(from, jpeg),
          screen: ({ from, jpeg }) => picture(screenOf(from), jpeg),
          heard: ({ samples }) => board.sound(samples),
          level: ({ from, level }) => {
            if (level > speechLevel) loudAtMs.set(from, io.now());
            show();
          },
          gone: (id) => {
            board.forget(id);
            board.forget(screenOf(id));
          },
        }),
        live.on((news) => {
          if (news.type !== 'participant' && news.type !== 'muted' && news.type !== 'camera') {
            line = newsText(news, say);
          }
          show();
        }),
      ];
      void live.ended.then((news) => {
        for (const one of undo) one();
        board.state({ ...pageState(say, live, newsText(news, say), () => false), isOver: true });
        if (current === live) {
          current = null;
          isOver = true;
        }
      });
      show();
    },
    close: () => server.close(),
  };
}

/** What the page shows beside pictures: all of it in the reader's words. */
function pageState(say: Say, live: LiveCall | null, line: string, speaks: (id: number) => boolean) {
  const isVideo = live?.call.media === 'video';
  const muted = live?.muted === true;
  const own = live && {
    id: selfId,
    name: say('call.you'),
    muted,
    camera: live.cameraOn,
    // Nobody needs to see their own screen twice.
    screen: false,
    recording: live.recorders.self,
    away: false,
  };
  const others = [...(live?.people.values() ?? [])].map((person) => ({
    ...person,
    name: cleanLine(person.username),
  }));
  return {
    title: live ? cleanLine(live.call.conversation) : 'PyTalk',
    line,
    isOver: false,
    muted,
    people: [...others, ...(own ? [own] : [])].flatMap(
      ({ id, name, muted: isMuted, camera, screen, recording, away }) => {
        const notes = [
          ...(recording ? [say('web.records')] : []),
          ...(isMuted ? [say('call.muted')] : []),
          ...(isVideo && !camera ? [say('call.camera-off')] : []),
          ...(away ? [say('web.away')] : []),
          ...(speaks(id) ? [say('web.speaks')] : []),
        ];
        const tile = {
          id,
          text: [name, ...notes].join(' · '),
          speaks: speaks(id),
          hasPicture: isVideo && camera,
        };
        if (!screen) return [tile];
        const text = say('call.screen-of', { user: name });
        return [tile, { id: screenOf(id), text, speaks: false, hasPicture: true }];
      },
    ),
    buttons: {
      mute: say(muted ? 'web.unmute' : 'web.mute'),
      hangup: say('web.hang-up'),
      soundOn: say('web.sound-on'),
      soundOff: say('web.sound-off'),
    },
  };
}
