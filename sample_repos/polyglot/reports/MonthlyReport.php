<?php

declare(strict_types=1);

namespace Shop\Reports;

use DateTimeImmutable;

interface OrderSource
{
    /** @return iterable<array{sku: string, cents: int}> */
    public function sold(DateTimeImmutable $month): iterable;
}

final class MonthlyReport
{
    private array $totals = [];

    public function __construct(private OrderSource $orders)
    {
    }

    public function collect(DateTimeImmutable $month): self
    {
        foreach ($this->orders->sold($month) as $sale) {
            $this->count($sale['sku'], $sale['cents']);
        }
        arsort($this->totals);
        return $this;
    }

    private function count(string $sku, int $cents): void
    {
        $this->totals[$sku] = ($this->totals[$sku] ?? 0) + $cents;
    }

    public function asText(): string
    {
        $lines = [];
        foreach ($this->totals as $sku => $cents) {
            $lines[] = sprintf('%-10s %10.2f', $sku, $cents / 100);
        }
        return implode(PHP_EOL, $lines);
    }
}
