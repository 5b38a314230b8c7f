// `npm run sample -- FOLDER`: writes phantom heads as a messy lab folder, for trying things out.
import { main } from './phantom/sample-main.ts';

process.exit(await main(process.argv.slice(2)));
