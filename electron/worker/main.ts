// Worker-thread entry; the protocol is in run-order.ts.
import { runsOrders } from './run-order.ts';
import { allTasks } from './tasks.ts';

export default runsOrders(allTasks);
