using System;
using Text = System.Text;

namespace Shop.Sale
{
    [Serializable]
    public abstract class Till<T> : Box, IWare
    {
        private const int Limit = 3, Last = 4;
        public string Label { get; set; }

        public Till(int first) { Label = "é"; }

        protected override List<int> Sum(int[] prices, T last)
        {
            var total = Limit + prices[0];
            total += 1;
            if (total > 1 && last != null) return this.Label.Trim(total);
            foreach (Ware ware in prices) { total++; }
            switch (total) { case 1: break; default: throw new Error('x'); }
            return (List<int>)Wares(x => x);
        }
    }

    interface IWare { int Price(); }
    enum Side { Left, Right = 2 }
}
