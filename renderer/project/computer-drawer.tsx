import { ModelsPanel } from '../models/models-panel.tsx';
import { setParams } from '../route.ts';
import { SideDialog } from '../ui/dialog.tsx';
import { Doctor } from './doctor.tsx';

/** What this installation can do, beside whatever screen asked: its models, and the checks of the computer. */
export function ComputerDrawer() {
  return (
    <SideDialog
      opened
      onClose={() => setParams({ computer: undefined })}
      size="min(42rem, 92vw)"
      title="Computer and models"
    >
      <div className="rf-columns">
        <section>
          <ModelsPanel />
        </section>
        <section>
          <Doctor />
        </section>
      </div>
    </SideDialog>
  );
}
