using System;
using System.Collections.Generic;
using System.Linq;

namespace Shop.Invoices
{
    public record InvoiceLine(string Sku, int Quantity, long PriceCents);

    public interface INumbering
    {
        int Next();
    }

    /// <summary>An invoice; its number is drawn once, when it is issued.</summary>
    public sealed class Invoice
    {
        private const decimal VatRate = 0.19m;
        private readonly List<InvoiceLine> lines = new();

        public string Customer { get; }
        public int? Number { get; private set; }

        public Invoice(string customer) => Customer = customer;

        public void Add(InvoiceLine line) => lines.Add(line);

        public long Net() => lines.Sum(line => line.Quantity * line.PriceCents);

        public long Gross() => (long)Math.Round(Net() * (1 + VatRate));

        public int Issue(INumbering numbering)
        {
            if (Number is null)
            {
                Number = numbering.Next();
            }
            return Number.Value;
        }
    }
}
