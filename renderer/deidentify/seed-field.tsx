import { Button, NumberInput } from '@mantine/core';
import { IconDice5 } from '@tabler/icons-react';
import { Term } from '../ui/term.tsx';

/** Six digits: enough to draw from, short enough to read over a telephone. */
const MAX_SEED = 999_999;

/** The seed of previews and of the next batch, typed or drawn. */
export function SeedField({ seed, onChange }: { seed: number; onChange: (seed: number) => void }) {
  const draw = () => {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    onChange(1 + (random % MAX_SEED));
  };
  return (
    <div>
      <div className="rf-seed">
        <Term name="seed">Seed</Term>
        <NumberInput
          aria-label="Seed"
          style={{ flex: 1 }}
          min={0}
          max={MAX_SEED}
          allowDecimal={false}
          allowNegative={false}
          clampBehavior="strict"
          value={seed}
          onChange={(value) => value !== '' && onChange(Number(value))}
        />
        <Button variant="default" leftSection={<IconDice5 size="1rem" aria-hidden />} onClick={draw}>
          Draw another
        </Button>
      </div>
      <div className="rf-dim">Same seed, same face; two people get two.</div>
    </div>
  );
}
