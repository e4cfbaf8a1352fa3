// Tests of what ffmpeg says about cameras on macOS and Windows, as its versions write it.
import t from 'tap';
import { parseAvfoundation, parseDshow } from '../../../src/media/capture/video-devices.js';

t.test('macOS: cameras by number, without screens and microphones', (t) => {
  const text = `[AVFoundation indev @ 0x7f8] AVFoundation video devices:
[AVFoundation indev @ 0x7f8] [0] FaceTime HD Camera
[AVFoundation indev @ 0x7f8] [1] Capture screen 0
[AVFoundation indev @ 0x7f8] AVFoundation audio devices:
[AVFoundation indev @ 0x7f8] [0] MacBook Pro Microphone`;
  t.same(parseAvfoundation(text), [{ id: '0', name: 'FaceTime HD Camera' }]);
  t.same(parseAvfoundation(''), []);
  t.end();
});

t.test('Windows: cameras by name, in the form of old and new versions', (t) => {
  const recent = `[dshow @ 00000] "HD WebCam" (video)
[dshow @ 00000]   Alternative name "@device_pnp_1"
[dshow @ 00000] "Microphone (Realtek)" (audio)`;
  t.same(parseDshow(recent), [{ id: 'HD WebCam', name: 'HD WebCam' }]);
  const old = `[dshow @ 00000] DirectShow video devices (some may be both video and audio devices)
[dshow @ 00000]  "HD WebCam"
[dshow @ 00000]     Alternative name "@device_pnp_1"
[dshow @ 00000] DirectShow audio devices
[dshow @ 00000]  "Microphone (Realtek)"`;
  t.same(parseDshow(old), [{ id: 'HD WebCam', name: 'HD WebCam' }]);
  t.end();
});
