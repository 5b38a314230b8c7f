import type { z } from 'zod';

/** One question the renderer or the command line may ask: what goes in, what comes out. */
export interface Procedure<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly input: I;
  readonly output: O;
}

/** A feature's questions by full name, `feature.verb`. */
export type Contract = Readonly<Record<string, Procedure>>;

/** The answering side: one function for each name in the contract. */
export type Handlers<C extends Contract> = {
  [K in keyof C]: (
    input: z.output<C[K]['input']>,
  ) => Promise<z.input<C[K]['output']>> | z.input<C[K]['output']>;
};

/** The asking side, over any transport. */
export type Client<C extends Contract> = {
  [K in keyof C]: (input: z.input<C[K]['input']>) => Promise<z.output<C[K]['output']>>;
};

export type Reply<T = unknown> =
  | { ok: true; value: T }
  | { ok: false; error: { code: string; message: string; fix?: string } };

/** Keeps the literal types of a contract while checking its shape. */
export function defineContract<const C extends Contract>(contract: C): C {
  return contract;
}
