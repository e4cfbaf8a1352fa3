// `--record`: tells the others, and only then gives the recording what the call sees and hears.
import { createRecording, type PictureToKeep } from '../../media/record/recording.js';
import { screenOf } from '../../media/screen-number.js';
import { theMachine } from '../../media/session/outside.js';
import type { PytalkError } from '../../protocol/errors.js';
import type { Say } from '../catalogue/translate.js';
import type { CallFollower } from './followers.js';
import type { LiveCall } from './live-call.js';

const selfId = 0;

/** Makes the file. Rejects with `file-exists` or `file-unwritable`. */
export async function openCallRecording(path: string, say: Say): Promise<CallFollower> {
  let current: LiveCall | null = null;
  let failure: PytalkError | null = null;
  const recording = await createRecording(path, {
    time: theMachine,
    ended: (error) => {
      failure = error;
      current?.setRecording(false, path, error);
    },
  });
  return {
    follow(live) {
      if (failure) return;
      current = live;
      live.setRecording(true, path);
      // What comes of somebody who has just left is not kept.
      const nameOf = (id: number): string | undefined =>
        id === selfId ? live.ownName : live.people.get(id)?.username;
      const keepScreen = (id: number, user: string, picture: PictureToKeep): void =>
        recording.picture(screenOf(id), say('call.screen-of', { user }), picture);
      const undo = live.watch({
        self: (frame) => {
          if (live.othersKnow) recording.picture(selfId, live.ownName, { ...frame, captureTimeMs: null });
        },
        frame: (frame) => {
          const name = nameOf(frame.from);
          if (live.othersKnow && name !== undefined) recording.picture(frame.from, name, frame);
        },
        selfScreen: (frame) => {
          if (live.othersKnow) keepScreen(selfId, live.ownName, { ...frame, captureTimeMs: null });
        },
        screen: (frame) => {
          const name = nameOf(frame.from);
          if (live.othersKnow && name !== undefined) keepScreen(frame.from, name, frame);
        },
        sound: (packet) => {
          const name = nameOf(packet.from);
          if (live.othersKnow && name !== undefined) recording.sound(packet.from, name, packet);
        },
        gone: (id) => {
          recording.gone(id);
          recording.gone(screenOf(id));
        },
      });
      void live.ended.then(() => {
        undo();
        recording.pause();
        if (current === live) current = null;
      });
    },
    close: () => recording.close(),
  };
}
