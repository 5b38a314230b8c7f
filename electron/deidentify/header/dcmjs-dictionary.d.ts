/** dcmjs ships its data dictionary as an untyped module; this is the part of it that is used. */
declare module 'dcmjs/dictionary' {
  /** Keyed `(GGGG,EEEE)`, ranges as `(6000-60FF,3000)`, private ones as `(gggg,"CREATOR",ee)`. */
  export const dictionary: Readonly<
    Record<string, { tag: string; vr: string | undefined; name: string; vm: string; version?: string }>
  >;
}
