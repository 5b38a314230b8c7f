/** What to ask again when a pack comes or goes: it also changes which methods can be chosen. */
export const MODEL_AREAS = ['models', 'deidentify'];
