import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';

interface Props {
  opened: boolean;
  title: string;
  action: string;
  onClose: () => void;
  onConfirm: (reason: string) => void;
}

/** Nothing is set aside without a reason that others can read later. */
export function ReasonDialog({ opened, title, action, onClose, onConfirm }: Props) {
  const [reason, setReason] = useState('');
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim()) onConfirm(reason.trim());
          setReason('');
        }}
      >
        <TextInput
          data-autofocus
          label="Reason"
          description="Kept in the catalog and shown with the series"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className="rf-row" style={{ justifyContent: 'flex-end', marginTop: 12 }}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={reason.trim() === ''}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
