// test/helpers/png.ts: the pixels of a screenshot.
import { inflateSync } from "node:zlib";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `"#ffffff"`. */
  at(x: number, y: number): string;
}

/** Reads what browsers write: eight bits a channel, with or without alpha, not interlaced. */
export function readPng(bytes: Buffer): Picture {
  const data: Buffer[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (type === "IDAT") data.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [depth, colour, , , interlaced] = bytes.subarray(24, 29);
  if (depth !== 8 || (colour !== 2 && colour !== 6) || interlaced !== 0) {
    throw new Error(`a PNG of another form: depth ${depth}, colour type ${colour}`);
  }
  const channels = colour === 2 ? 3 : 4;
  const pixels = unfilter(inflateSync(Buffer.concat(data)), width * channels, height, channels);
  const at = (x: number, y: number) => {
    const start = (y * width + x) * channels;
    return `#${pixels.subarray(start, start + 3).toString("hex")}`;
  };
  return { width, height, at };
}

// PNG's five filters: each byte is told as its difference from neighbours.
function unfilter(raw: Buffer, stride: number, height: number, step: number): Buffer {
  const pixels = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)] as number;
    for (let i = 0; i < stride; i++) {
      const left = i >= step ? (pixels[y * stride + i - step] as number) : 0;
      const above = y > 0 ? (pixels[(y - 1) * stride + i] as number) : 0;
      const corner = i >= step && y > 0 ? (pixels[(y - 1) * stride + i - step] as number) : 0;
      const told = raw[y * (stride + 1) + 1 + i] as number;
      pixels[y * stride + i] = told + predicted(filter, left, above, corner);
    }
  }
  return pixels;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) return 0;
  const guess = left + above - corner;
  const [a, b, c] = [left, above, corner].map((one) => Math.abs(guess - one)) as [
    number,
    number,
    number,
  ];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}
