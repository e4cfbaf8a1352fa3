// What this machine has for calls: cameras, microphones, speakers.
import { nativeDevices } from './audio/native-sound.js';
import { pulseDevices } from './audio/pulse.js';
import { listTermuxCameras } from './capture/termux-cameras.js';
import { listCameras } from './capture/video-devices.js';
import { findFfmpeg } from './ffmpeg.js';

export interface Device {
  kind: 'camera' | 'microphone' | 'speaker';
  /** What `--camera`, `--mic` or `--speaker` takes. */
  id: string;
  name: string;
}

function nativeList(kind: 'microphone' | 'speaker'): Device[] {
  return (nativeDevices(kind) ?? []).map(({ index, name }, at) => ({
    kind,
    id: String(index ?? at),
    name: name ?? String(index ?? at),
  }));
}

/** Android gives a program no camera as a device. */
async function camerasHere(ffmpeg: string | null): Promise<{ id: string; name: string }[]> {
  if (process.platform === 'android') return listTermuxCameras();
  const program = await findFfmpeg(ffmpeg).catch(() => null);
  return program ? listCameras(program.path) : [];
}

/** Everything that is found; what cannot be listed is left out. Never rejects. */
export async function listDevices(ffmpeg: string | null): Promise<Device[]> {
  const cameras = await camerasHere(ffmpeg);
  const [sources, sinks] = await Promise.all([pulseDevices('sources'), pulseDevices('sinks')]);
  const microphones = sources
    .filter(({ isMonitor }) => !isMonitor)
    .map(({ id }): Device => ({ kind: 'microphone', id, name: id }));
  const speakers = sinks.map(({ id }): Device => ({ kind: 'speaker', id, name: id }));
  return [
    ...cameras.map(({ id, name }): Device => ({ kind: 'camera', id, name })),
    ...(microphones.length > 0 ? microphones : nativeList('microphone')),
    ...(speakers.length > 0 ? speakers : nativeList('speaker')),
  ];
}
