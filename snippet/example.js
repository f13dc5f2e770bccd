document.querySelector('#buy').addEventListener('click', () => {
  clickhour.track('buy', { price: 12.5, currency: 'EUR' });
});
document.querySelector('#next').addEventListener('click', () => {
  history.pushState({}, '', `?page=${history.length}`);
});
