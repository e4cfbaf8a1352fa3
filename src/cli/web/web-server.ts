// The HTTP server of a call's page: on this machine alone, for whoever knows its address, which no one can guess.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PytalkError } from '../../protocol/errors.js';
import type { Board } from './board.js';
import type { PageFile } from './page-files.js';

const host = '127.0.0.1';
const tokenBytes = 24;
/** A question is answered with "nothing yet" after so long. */
const waitMs = 10_000;
const maxOrderBytes = 200;
const maxConnections = 32;
/** Questions that wait at once; a page asks one at a time. */
const maxWaiting = 16;

/** The page runs no script but ours, is in no frame, and gives its address to nobody. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

export interface WebServerOptions {
  /** 0 for a free one. */
  port: number;
  files: ReadonlyMap<string, PageFile>;
  board: Board;
  /** Whether there is a call to see; the answer is 410 when not. */
  isOpen(): boolean;
  /** An order as JSON; false when it is none. */
  order(value: unknown): boolean;
}

export class WebServer {
  readonly #server: Server;
  readonly #options: WebServerOptions;
  readonly #token = randomBytes(tokenBytes).toString('base64url');
  #port = 0;
  #waiting = 0;
  #closing: Promise<void> | null = null;

  private constructor(options: WebServerOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.maxConnections = maxConnections;
  }

  /** Rejects with `listen-failed`. */
  static async open(options: WebServerOptions): Promise<WebServer> {
    const server = new WebServer(options);
    server.#server.listen(options.port, host);
    await once(server.#server, 'listening').catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PytalkError('web-failed', { details: { port: options.port, reason }, cause });
    });
    server.#port = (server.#server.address() as AddressInfo).port;
    return server;
  }

  get url(): string {
    return `http://${host}:${this.#port}/${this.#token}/`;
  }

  /** Idempotent; resolves when every connection is closed. */
  close(): Promise<void> {
    return (this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    }));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const own = `${host}:${this.#port}`;
    const asked = request.url ?? '/';
    const isAddress = URL.canParse(asked, `http://${own}`);
    const { pathname, searchParams } = new URL(isAddress ? asked : '/', `http://${own}`);
    const [, token = '', name = '', ...rest] = pathname.split('/');
    for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
    // A name that some other page has pointed at this machine (DNS rebinding) is not ours.
    const isOurs = request.headers.host === own && this.#knows(token) && rest.length === 0;
    const { origin } = request.headers;
    if (!isOurs || (origin !== undefined && origin !== `http://${own}`)) {
      end(response, 404);
    } else if (!this.#options.isOpen()) {
      end(response, 410);
    } else if (request.method === 'POST' && name === 'do') {
      await this.#order(request, response);
    } else if (request.method !== 'GET') {
      end(response, 405);
    } else if (name === 'next') {
      await this.#next(Number(searchParams.get('after') ?? 0), response);
    } else {
      const file = pathname.split('/').length > 2 ? this.#options.files.get(name) : undefined;
      if (file) end(response, 200, file.type, file.body);
      else end(response, 404);
    }
  }

  #knows(token: string): boolean {
    const [given, own] = [Buffer.from(token), Buffer.from(this.#token)];
    return given.length === own.length && timingSafeEqual(given, own);
  }

  /** Answers with what is new, now or as soon as there is something. */
  async #next(after: number, response: ServerResponse): Promise<void> {
    const { board } = this.#options;
    if (board.since(after) === null) {
      if (this.#waiting >= maxWaiting) {
        end(response, 429);
        return;
      }
      this.#waiting++;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        const undo = board.onNews(resolve);
        response.once('close', () => {
          clearTimeout(timer);
          undo();
          resolve();
        });
      });
      this.#waiting--;
    }
    const news = board.since(after);
    if (!this.#options.isOpen() && !news) end(response, 410);
    else if (news) end(response, 200, 'application/octet-stream', news);
    else end(response, 204);
  }

  async #order(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Other origins cannot send this type without asking first, and nobody answers them.
    if (request.headers['content-type'] !== 'application/json') {
      end(response, 415);
      return;
    }
    let body = '';
    for await (const chunk of request) {
      body += String(chunk);
      if (body.length > maxOrderBytes) {
        response.setHeader('connection', 'close');
        end(response, 413);
        return;
      }
    }
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      value = null;
    }
    end(response, this.#options.order(value) ? 204 : 400);
  }
}

function end(response: ServerResponse, status: number, type?: string, body?: Buffer): void {
  if (type !== undefined)
    response.setHeader('content-type', type.startsWith('text/') ? `${type}; charset=utf-8` : type);
  response.writeHead(status).end(body);
}
