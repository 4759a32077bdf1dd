export function App(props: P): JSX.Element {
  return <Box title={props.t}><b /></Box>;
}
