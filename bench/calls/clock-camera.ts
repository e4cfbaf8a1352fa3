// A camera of the network whose pictures are numbered, and that notes when it handed each of them to the socket.
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keepPace } from '../../src/media/pace.js';
import type { NumberedPictures } from './numbered-pictures.js';

const boundary = 'picture';

export interface Handing {
  /** Of the picture: they are shown one after the other, and then again. */
  number: number;
  /** `performance.now()` of this process, before the first byte was written. */
  atMs: number;
}

export class ClockCamera {
  readonly handings: Handing[] = [];
  readonly #parts: readonly Buffer[];
  readonly #fps: number;
  readonly #server: Server;
  #stop: () => void = () => undefined;

  private constructor(pictures: NumberedPictures, fps: number) {
    this.#fps = fps;
    this.#parts = pictures.jpegs.map((jpeg) => {
      const head = `--${boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`;
      return Buffer.concat([Buffer.from(head), jpeg, Buffer.from('\r\n')]);
    });
    this.#server = createServer((_request, response) => this.#serve(response));
  }

  /** Listens on a free loopback port. The pictures begin with the first request. */
  static async open(pictures: NumberedPictures, fps: number): Promise<ClockCamera> {
    const camera = new ClockCamera(pictures, fps);
    camera.#server.listen(0, '127.0.0.1');
    await once(camera.#server, 'listening');
    return camera;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/video`;
  }

  #serve(response: ServerResponse): void {
    this.#stop();
    response.writeHead(200, { 'Content-Type': `multipart/x-mixed-replace; boundary=${boundary}` });
    response.socket?.setNoDelay(true);
    const stop = keepPace(1000 / this.#fps, () => {
      const number = this.handings.length % this.#parts.length;
      this.handings.push({ number, atMs: performance.now() });
      response.write(this.#parts[number]);
    });
    this.#stop = stop;
    response.once('close', stop);
  }

  async close(): Promise<void> {
    this.#stop();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
