import { Table } from '@mantine/core';
import { IconAlertTriangleFilled, IconCircleCheckFilled, IconInfoCircle } from '@tabler/icons-react';
import type { VerdictNumber } from '../../shared/deidentify/records.ts';
import { formatNumber } from './format.ts';

/** The audit writes its numbers into the verdict under this prefix; where its own panel stands beside, they are left out. */
export function isAuditNumber(name: string): boolean {
  return name.startsWith('audit-');
}

/** The numbers behind a verdict, each beside the limit it was held against. */
export function VerdictNumbers({ numbers }: { numbers: readonly VerdictNumber[] }) {
  return (
    <Table aria-label="Verdict numbers" verticalSpacing={2}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Measured, and its limit</Table.Th>
          <Table.Th ta="right">Value</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {numbers.map((item) => (
          <Table.Tr key={item.name}>
            <Table.Td>
              <span className="rf-number">
                {item.ok === true && (
                  <IconCircleCheckFilled
                    size="0.85rem"
                    className="rf-ok"
                    aria-label="within its limit"
                    role="img"
                  />
                )}
                {item.ok === false && (
                  <IconAlertTriangleFilled
                    size="0.85rem"
                    className="rf-error"
                    aria-label="outside its limit"
                    role="img"
                  />
                )}
                {item.ok === null && (
                  <IconInfoCircle size="0.85rem" className="rf-dim" aria-label="no limit" role="img" />
                )}
                <span>
                  {item.label} {item.limit && <span className="rf-dim">({item.limit})</span>}
                </span>
              </span>
            </Table.Td>
            <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
              {formatNumber(item.value)} {item.unit}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
