import { describe, expect, it } from 'vitest';
import { decodeDicomText } from './character-sets.ts';

const bytes = (hex: string) => Uint8Array.from(hex.split(' ').map((h) => Number.parseInt(h, 16)));

// The worked examples of PS3.5 Annexes H (Japanese), I (Korean) and J (Unicode, GB18030).
describe('decodeDicomText', () => {
  it.each([
    ['default set', [], '44 6f 65 5e 4a 61 6e 65 20', 'Doe^Jane'],
    ['latin 1', ['ISO_IR 100'], '42 75 63 5e 4a e9 72 f4 6d 65', 'Buc^Jérôme'],
    ['cyrillic', ['ISO_IR 144'], 'bb ee da 63 65 dc d1 79 70 d3', 'Люкceмбypг'],
    [
      'UTF-8',
      ['ISO_IR 192'],
      '57 61 6e 67 5e 58 69 61 6f 44 6f 6e 67 3d e7 8e 8b 5e e5 b0 8f e6 9d b1',
      'Wang^XiaoDong=王^小東',
    ],
    [
      'GB18030',
      ['GB18030'],
      '57 61 6e 67 5e 58 69 61 6f 44 6f 6e 67 3d cd f5 5e d0 a1 b6 ab',
      'Wang^XiaoDong=王^小东',
    ],
    [
      'Japanese with escapes (H.3.1)',
      ['', 'ISO 2022 IR 87'],
      '59 61 6d 61 64 61 5e 54 61 72 6f 75 3d 1b 24 42 3b 33 45 44 1b 28 42 5e 1b 24 42 42 40 4f 3a 1b 28 42 3d 1b 24 42 24 64 24 5e 24 40 1b 28 42 5e 1b 24 42 24 3f 24 6d 24 26 1b 28 42',
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    [
      'Japanese with katakana first (H.3.2)',
      ['ISO 2022 IR 13', 'ISO 2022 IR 87'],
      'd4 cf c0 de 5e c0 db b3 3d 1b 24 42 3b 33 45 44 1b 28 4a 5e 1b 24 42 42 40 4f 3a 1b 28 4a 3d 1b 24 42 24 64 24 5e 24 40 1b 28 4a 5e 1b 24 42 24 3f 24 6d 24 26 1b 28 4a',
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    ],
    [
      'Korean (I.2)',
      ['', 'ISO 2022 IR 149'],
      '48 6f 6e 67 5e 47 69 6c 64 6f 6e 67 3d 1b 24 29 43 fb f3 5e 1b 24 29 43 d1 ce d4 d7 3d 1b 24 29 43 c8 ab 5e 1b 24 29 43 b1 e6 b5 bf',
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
  ])('reads %s', (_name, sets, hex, expected) => {
    expect(decodeDicomText(bytes(hex), sets)).toBe(expected);
  });

  it('never throws, whatever the bytes and the set are', () => {
    for (const set of ['', 'ISO_IR 192', 'ISO 2022 IR 87', 'GB18030', 'nonsense', 'ISO_IR 999']) {
      for (let n = 0; n < 200; n++) {
        const noise = Uint8Array.from({ length: n % 40 }, (_, i) => (n * 37 + i * 101) & 0xff);
        expect(typeof decodeDicomText(noise, [set])).toBe('string');
      }
    }
  });
});
