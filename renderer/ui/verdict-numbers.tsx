import { Table } from '@mantine/core';
import { IconAlertTriangleFilled, IconCircleCheckFilled } from '@tabler/icons-react';
import type { VerdictNumber } from '../../shared/deidentify/records.ts';
import { formatNumber } from './format.ts';

/** The numbers behind a verdict, each beside the limit it was held against. */
export function VerdictNumbers({ numbers }: { numbers: readonly VerdictNumber[] }) {
  return (
    <Table aria-label="Verdict numbers" verticalSpacing={2}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Measured</Table.Th>
          <Table.Th ta="right">Value</Table.Th>
          <Table.Th ta="right">Limit</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {numbers.map((item) => (
          <Table.Tr key={item.name}>
            <Table.Td>
              <span className="rf-row" style={{ gap: 5, flexWrap: 'nowrap' }}>
                {item.ok === true && (
                  <IconCircleCheckFilled
                    size="0.85rem"
                    className="rf-ok"
                    aria-label="within its limit"
                    role="img"
                    style={{ flex: 'none' }}
                  />
                )}
                {item.ok === false && (
                  <IconAlertTriangleFilled
                    size="0.85rem"
                    className="rf-error"
                    aria-label="outside its limit"
                    role="img"
                    style={{ flex: 'none' }}
                  />
                )}
                {item.label}
              </span>
            </Table.Td>
            <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
              {formatNumber(item.value)} {item.unit}
            </Table.Td>
            <Table.Td ta="right" className="rf-dim" style={{ whiteSpace: 'nowrap' }}>
              {item.limit}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
