// How buttons look, for the component and for links and triggers that look like one.
const BASE =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border text-[13px] font-medium whitespace-nowrap select-none disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0';

const LOOKS = {
  plain: 'border-border bg-surface text-foreground hover:bg-raised data-[state=open]:bg-raised',
  ghost:
    'border-transparent bg-transparent text-muted hover:bg-raised hover:text-foreground data-[state=open]:bg-raised data-[state=open]:text-foreground',
  primary: 'border-accent bg-accent text-on-accent hover:brightness-110',
  danger: 'border-critical bg-transparent text-critical hover:bg-critical/10',
};

const SIZES = {
  small: 'h-6 px-2 pointer-coarse:h-8',
  medium: 'h-7.5 px-2.5 pointer-coarse:h-9',
  icon: 'size-7.5 p-0 pointer-coarse:size-9',
};

export interface ButtonLook {
  look?: keyof typeof LOOKS | undefined;
  size?: keyof typeof SIZES | undefined;
}

export const buttonLook = ({ look = 'plain', size = 'medium' }: ButtonLook) => `${BASE} ${LOOKS[look]} ${SIZES[size]}`;
